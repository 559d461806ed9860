from recipe_host.cli import main

main()
