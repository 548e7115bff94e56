"""The contract: what a threat-model template is. Text and facts in, findings out; nothing here reads the world."""
