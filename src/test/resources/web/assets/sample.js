const sample = "plain";
