"""The stand-in is installed by the packaging tests; here it would mix with the real names."""

collect_ignore_glob = ["prodigy/*"]
