"""What a procedure is, who is competent for it, and which version of it is in force on a date."""
