"""The hub's database as reports read it: MySQL and MariaDB by their own protocol, SQLite for the sandbox."""
