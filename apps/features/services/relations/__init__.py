"""What a training set's columns have to do with its label: measured when it is built, and on a sample before that."""
