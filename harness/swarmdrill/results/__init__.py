"""What was found, on disk and added up."""
