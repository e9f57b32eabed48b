"""Run the whole service, or single commands whose memory a benchmark measures."""
