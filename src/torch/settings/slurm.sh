#!/bin/bash
# sbatch slurm.sh: two machines with eight GPUs each. Submit it again to go on after the time limit.
#SBATCH --job-name=rmt
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=8
#SBATCH --cpus-per-task=32
#SBATCH --time=24:00:00

export MACHINES=$SLURM_NNODES GPUS=$((SLURM_NNODES * SLURM_GPUS_ON_NODE))
export FIRST=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
RESUME=$([ -d out/state ] && echo --resume)
export RESUME

srun --kill-on-bad-exit=1 bash -c 'exec accelerate launch --multi_gpu --num_machines $MACHINES --num_processes $GPUS \
  --machine_rank $SLURM_NODEID --main_process_ip $FIRST --main_process_port 29500 train.py --bf16 $RESUME'
