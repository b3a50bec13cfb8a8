"""The benchmark of coding reads: mapped reads as truth, gene finders for reads next to the models.

Protocol of ReadSeeker (folder evaluation of bnwlf/ReadSeeker at f5ec670): reads that lie in a
coding sequence of their reference, and reads that touch none, at the best mapping quality.
Where the original has a defect, the default is right and ``compat="readseeker"`` repeats it.
"""

COMPAT = "readseeker"
THRESHOLD = 0.5  # least score that makes a read coding, inclusive; of every tool, as in the paper
INDEX_SUFFIXES = (".1.bt2", ".2.bt2", ".3.bt2", ".4.bt2", ".rev.1.bt2", ".rev.2.bt2")  # bowtie2's
