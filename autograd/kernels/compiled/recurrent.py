from autograd.kernels.reference.recurrent import recurrent, recurrent_cell, recurrent_cell_grad, recurrent_grad
