"""What the product costs, measured: every `bench_*.py` here has a `run()`, and `make bench` prints what they return."""
