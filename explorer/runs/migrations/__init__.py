"""Steps that bring an older run database to the present form."""
