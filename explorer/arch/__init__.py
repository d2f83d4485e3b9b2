"""What a network is: specs, blocks, primitive operations and graphs. Imports nothing but the standard library."""
