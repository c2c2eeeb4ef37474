"""What an agent may ask of Corroborate, over the Model Context Protocol."""
