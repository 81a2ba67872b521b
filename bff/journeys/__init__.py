"""Walking a deployment as people of each role would, without a browser: what `helm test` runs."""
