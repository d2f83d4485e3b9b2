"""The parts of the conv_arch reader and writer; `explorer.arch.conv_arch` is their door."""
