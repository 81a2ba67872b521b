"""What an app says of itself to the shell, and the schema that it keeps."""
