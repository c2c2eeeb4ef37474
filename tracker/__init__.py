"""Reads documents: analysis (pure), ingestion, and the pipeline that hands results to ``claims``."""
