"""What is kept: the archive of attempts, counts over it, and when a concept is due again."""
