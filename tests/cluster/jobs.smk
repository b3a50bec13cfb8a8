# Jobs that ask for too little at their first attempt, and jobs that show what they were given.


rule all:
    input:
        expand("gpu{n}.txt", n=range(2)),
        "memory.txt",
        "time.txt",


rule use_gpu:
    output:
        "gpu{n}.txt",
    resources:
        gpu=1,
        slurm_partition="gpu",
    shell:
        "echo $CUDA_VISIBLE_DEVICES > {output}; sleep 15"


rule take_memory:
    output:
        "memory.txt",
    resources:
        mem_mb=lambda wildcards, attempt: 700 * attempt,
    shell:
        'python3 -c "import time; held = bytearray(800_000_000); time.sleep(10)"; '
        "echo {resources.mem_mb} > {output}"


rule take_time:
    output:
        "time.txt",
    resources:
        runtime=lambda wildcards, attempt: attempt,
    shell:
        "[ {resources.runtime} -gt 1 ] || sleep 300; echo {resources.runtime} > {output}"
