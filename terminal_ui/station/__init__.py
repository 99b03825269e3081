"""The packing station: totes come in, goods go into bags of one temperature, labels print, bags are sealed."""
