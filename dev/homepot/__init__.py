"""A HOMEPOT-shaped database for the demo, the tests and the benches: schema, sample fleet, CSV loader, ticker."""
