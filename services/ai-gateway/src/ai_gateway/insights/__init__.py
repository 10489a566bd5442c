"""What a site's last 30 days say: trends, error patterns, what changes did, jobs, like sites, what is ahead, and what it cost."""
