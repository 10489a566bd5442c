"""When to see to which devices: from risks ahead and the hours of sites to visits."""
