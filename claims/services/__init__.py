"""Every write that touches several rows, one keyword-only function each; admin, API and tasks call the same ones."""
