"""Speed beside peers, both sides measured in one run on one machine. Start: python -m bench --only serving"""
