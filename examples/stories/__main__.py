"""Tell all stories, one after the other."""

from stories import balanced, binary, confident, puzzle, random_wins, rare_label

for story in (puzzle, rare_label, balanced, confident, binary, random_wins):
    story.main()
