"""Why two methods differ: from the shares of one to those of the other, by steps that add up."""
