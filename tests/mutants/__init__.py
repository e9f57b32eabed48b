"""Small changes of the SQL that decides money, each of which the tables of a proven history must show."""
