"""What leaves the house whole: reviews that search engines read, files for a notebook, bundles for a court."""
