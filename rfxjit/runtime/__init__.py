"""Bytes and signatures only: loading, caching and calling units. Never xDSL."""
