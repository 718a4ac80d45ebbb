"""The benchmarks behind `make bench`: each path beside the raw limit it is divided by."""
