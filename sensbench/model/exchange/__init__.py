"""Rows that differ from others in few columns, without the products that they have in common.

Where a model begins with an affine layer, exchanging a column adds to what that layer makes of a
row the change times the column's weights: a rank-one update. A batch of such rows is given to the
model as a tensor that knows them and holds none (:class:`ExchangedTensor`). Nothing is guessed of
the model: whatever it does with the tensor but shift, scale, slice, join and multiply it gets the
rows in full for, and is called on full rows from then on (:class:`Updates`).
"""
