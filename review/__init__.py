"""The investigators' desk: web pages over published results, and what people decide on them."""
