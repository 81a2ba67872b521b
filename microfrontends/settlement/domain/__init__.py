"""The rules of settlement, free of any framework: nothing in here asks the hub or knows the web."""
