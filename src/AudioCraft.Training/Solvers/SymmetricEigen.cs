namespace AudioCraft.Training;

/// <summary>Eigenvectors of a symmetric matrix by Jacobi's rotations: for matrices of a few hundred rows.</summary>
internal static class SymmetricEigen
{
    private const int MostSweeps = 30;

    /// <summary>Eigenvalues in falling order and their vectors, one a row.</summary>
    /// <param name="matrix">n × n; it is overwritten.</param>
    public static (double[] Values, double[][] Vectors) Decompose(double[][] matrix)
    {
        var n = matrix.Length;
        var vectors = Enumerable.Range(0, n).Select(i => { var row = new double[n]; row[i] = 1; return row; }).ToArray();
        var size = matrix.Sum(row => row.Sum(v => v * v));
        for (var sweep = 0; sweep < MostSweeps; sweep++)
        {
            var rest = 0.0;
            for (var p = 0; p < n; p++)
            {
                for (var q = p + 1; q < n; q++)
                {
                    rest += matrix[p][q] * matrix[p][q];
                    Rotate(matrix, vectors, p, q);
                }
            }

            if (rest <= 1e-20 * size)
            {
                break;
            }
        }

        var order = Enumerable.Range(0, n).OrderByDescending(i => matrix[i][i]).ToArray();
        return ([.. order.Select(i => matrix[i][i])], [.. order.Select(i => vectors[i])]);
    }

    // Makes element (p, q) zero. Row i of the vectors is the vector of the diagonal's element i.
    private static void Rotate(double[][] matrix, double[][] vectors, int p, int q)
    {
        var apart = matrix[p][q];
        if (Math.Abs(apart) <= 1e-300)
        {
            return;
        }

        var theta = (matrix[q][q] - matrix[p][p]) / (2 * apart);
        var tangent = (theta >= 0 ? 1 : -1) / (Math.Abs(theta) + Math.Sqrt((theta * theta) + 1));
        var cosine = 1 / Math.Sqrt((tangent * tangent) + 1);
        var sine = tangent * cosine;
        foreach (var row in matrix)
        {
            (row[p], row[q]) = ((cosine * row[p]) - (sine * row[q]), (sine * row[p]) + (cosine * row[q]));
        }

        Combine(matrix[p], matrix[q], cosine, sine);
        Combine(vectors[p], vectors[q], cosine, sine);
    }

    private static void Combine(double[] first, double[] second, double cosine, double sine)
    {
        for (var i = 0; i < first.Length; i++)
        {
            (first[i], second[i]) = ((cosine * first[i]) - (sine * second[i]), (sine * first[i]) + (cosine * second[i]));
        }
    }
}
