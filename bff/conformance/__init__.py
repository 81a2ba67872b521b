"""`bizops check URL`: does a running app keep every clause of the contract, and if not, which, and what repairs it?"""
