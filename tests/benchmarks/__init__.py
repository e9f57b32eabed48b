"""The benchmarks still run: each as the real command, in a tiny form."""
