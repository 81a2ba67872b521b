"""Custom resources of the cluster, taken over by the portal: checked as a whole, handed to the apps, answered for."""
