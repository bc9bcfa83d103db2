"""Programs for the doctor: sound ones, and ones with a fault each."""
