"""What arrivals of messages prove, beside what reports claim. Pure: values in, values out."""
