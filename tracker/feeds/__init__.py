"""What is read on a schedule: finding, reading and polling feeds, and how they are doing."""
