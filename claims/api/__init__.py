"""What API clients pull."""
