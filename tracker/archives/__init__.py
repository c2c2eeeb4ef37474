"""Archives: WARC files, folders, JSON Lines and lists of feeds, read record by record into submissions."""
