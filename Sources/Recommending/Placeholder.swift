// The rooms of this module are being built.
