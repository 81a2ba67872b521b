"""`bizops doctor`: everything an app needs from outside, looked at from where it will run, with what to do about it."""
