"""The packing station: totes come in, goods go into bags, labels print, bags are sealed."""
