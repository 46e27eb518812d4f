"""Frozen values that all layers speak. They hold no logic beyond what their own fields say."""
