"""The sub-commands of `hubbub`, one a file. They parse words and print; the work is in the services."""
