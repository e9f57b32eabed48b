"""What benchmarks run: the whole service, and commands whose memory is looked at."""
