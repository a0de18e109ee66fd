"""What is seen: every renderer formats records and computes nothing a record already holds."""
