"""Files as others publish and store them: IDX, CIFAR's records, TFRecord, array_record, Arrow.

What a data set is called, and where it is looked for, is said in `gan_cli.data`.
"""
