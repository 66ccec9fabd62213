"""Methods that draw inputs given the others: their answers mean something under any law."""
