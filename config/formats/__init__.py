"""How dates and times are written, where Django's own way is not a desk's: by the clock of twenty-four hours."""
