"""The course, row by row: each test is named by its row in notebooks/README.md and has the row's
own numbers.  Rows whose tests fit better beside their family stand in tests/test_*.py; the index
says where."""
